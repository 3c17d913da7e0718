import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { words } from '@/words'
import '@/words/desk'
import './element'
import '@/look/tokens.css'
import '@/look/base.css'
import '@/look/element.css'
import App from './App.vue'
import { router } from './routes'

createApp(App).use(createPinia()).use(words).use(router).mount('#desk')
